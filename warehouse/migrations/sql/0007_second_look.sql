CREATE TABLE source.absent_value (
    period INTEGER NOT NULL,
    data_element INTEGER NOT NULL,
    org_unit INTEGER NOT NULL,
    category_option_combo INTEGER NOT NULL,
    attribute_option_combo INTEGER NOT NULL,
    source SMALLINT NOT NULL,
    first_run INTEGER NOT NULL,
    seen_at TIMESTAMP WITH TIME ZONE NOT NULL,
    hold INTEGER,
    PRIMARY KEY (period, data_element, org_unit, category_option_combo, attribute_option_combo, source)
);
COMMENT ON TABLE source.absent_value IS 'Live values that a full answer no longer had: closed once a second look agrees, or a person';
COMMENT ON COLUMN source.absent_value.period IS 'key of source.period';
COMMENT ON COLUMN source.absent_value.data_element IS 'key of source.data_element';
COMMENT ON COLUMN source.absent_value.org_unit IS 'key of source.org_unit';
COMMENT ON COLUMN source.absent_value.category_option_combo IS 'key of source.category_option_combo: the disaggregation';
COMMENT ON COLUMN source.absent_value.attribute_option_combo IS 'key of source.category_option_combo: the attribute';
COMMENT ON COLUMN source.absent_value.source IS 'key of source.instance';
COMMENT ON COLUMN source.absent_value.first_run IS 'run whose answer first lacked it';
COMMENT ON COLUMN source.absent_value.seen_at IS 'when it was first found to be missing';
COMMENT ON COLUMN source.absent_value.hold IS 'id of the run.hold that asks a person about it; empty: nobody needs to be asked';

CREATE TABLE run.drift (
    key INTEGER GENERATED ALWAYS AS IDENTITY,
    run INTEGER NOT NULL,
    source TEXT NOT NULL,
    data_set TEXT NOT NULL,
    slice TEXT NOT NULL,
    kind TEXT NOT NULL,
    cause TEXT NOT NULL,
    cells INTEGER NOT NULL,
    example TEXT NOT NULL,
    PRIMARY KEY (key)
);
CREATE INDEX drift_run ON run.drift (run);
COMMENT ON TABLE run.drift IS 'What a reconciliation found to differ between the copy and the source, by cause; it should stay empty';
COMMENT ON COLUMN run.drift.key IS 'number of the row';
COMMENT ON COLUMN run.drift.run IS 'reconciliation that found it';
COMMENT ON COLUMN run.drift.source IS 'name of the source';
COMMENT ON COLUMN run.drift.data_set IS 'uid of the data set';
COMMENT ON COLUMN run.drift.slice IS 'name of the slice';
COMMENT ON COLUMN run.drift.kind IS 'only-here, only-there, different or tombstone-only-here';
COMMENT ON COLUMN run.drift.cause IS 'merged, late-commit, unstamped, purged or unseen-deletion';
COMMENT ON COLUMN run.drift.cells IS 'how many cells';
COMMENT ON COLUMN run.drift.example IS 'one of the cells: element / period / org unit / option combo / attribute combo';

COMMENT ON COLUMN run.slice.outcome IS 'loaded, empty, stopped, held, failed, or halved (too large for the server)';
COMMENT ON COLUMN run.hold.kind IS 'vanished, scope, mapping, first-push, …';
