"""The rooms of the warehouse, the runs, and the lock that lets one run work at a time."""  # noqa: INP001  Alembic's folder

from alembic import op

revision = "0001"
down_revision = None

STATEMENTS = """
CREATE SCHEMA IF NOT EXISTS source;
CREATE SCHEMA IF NOT EXISTS plan;
CREATE SCHEMA IF NOT EXISTS result;
CREATE SCHEMA IF NOT EXISTS run;
CREATE SCHEMA IF NOT EXISTS mart;
COMMENT ON SCHEMA source IS 'DHIS2 as it is: values, org units, metadata';
COMMENT ON SCHEMA plan IS 'what the declarations in mappings/ say';
COMMENT ON SCHEMA result IS 'indicator values, commitments, plan lines, data quality';
COMMENT ON SCHEMA run IS 'what ran, what came of it, what was refused, what was published';
COMMENT ON SCHEMA mart IS 'views with French labels for people and their tools: the public interface';

CREATE TABLE run.run (
    run_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind text NOT NULL,
    code_version text NOT NULL,
    mappings_digest text NOT NULL,
    started_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    finished_at timestamptz,
    outcome text,
    exit_code integer,
    summary jsonb NOT NULL DEFAULT '{}',
    CHECK ((finished_at IS NULL) = (outcome IS NULL))
);
COMMENT ON TABLE run.run IS 'one row for each run that was allowed to work';
COMMENT ON COLUMN run.run.run_id IS 'counts up; gaps mean nothing';
COMMENT ON COLUMN run.run.kind IS 'the command or flow: nightly, pull, publish, reconcile…';
COMMENT ON COLUMN run.run.code_version IS 'version of the program';
COMMENT ON COLUMN run.run.mappings_digest IS 'sha256 of the declarations it ran with';
COMMENT ON COLUMN run.run.started_at IS 'the database''s clock';
COMMENT ON COLUMN run.run.finished_at IS 'null while it works';
COMMENT ON COLUMN run.run.outcome IS 'finished, failed, held or interrupted; null while it works';
COMMENT ON COLUMN run.run.exit_code IS 'exit code of the command line';
COMMENT ON COLUMN run.run.summary IS 'the numbers of the run, as printed';

CREATE TABLE run.lock (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    token bigint NOT NULL,
    run_id bigint REFERENCES run.run,
    since timestamptz
);
COMMENT ON TABLE run.lock IS 'one row: the run that may write; every write transaction checks its token';
COMMENT ON COLUMN run.lock.one IS 'always true: there is one lock';
COMMENT ON COLUMN run.lock.token IS 'counts up with every run; an older token may not write any more';
COMMENT ON COLUMN run.lock.run_id IS 'the last run that took the lock';
COMMENT ON COLUMN run.lock.since IS 'when it took the lock';
INSERT INTO run.lock (token) VALUES (0);
"""


def upgrade() -> None:
    """Create schemas, runs and lock."""
    op.execute(STATEMENTS)
