"""The page is about the first source that is copied; without one it says what is lacking."""

import pytest

from flows.scorecard import main_source
from layidu.errors import ConfigurationError
from layidu.mapping.contracts import Mappings, Source, SourceDataSet
from layidu.settings import shipped
from tests.warehouse_world import uid


def declared(**sources: Source) -> Mappings:
    return Mappings(folder=shipped("mappings"), digest="", sources=sources)


def test_a_target_is_no_source_of_the_page() -> None:
    copied = Source(data_sets=[SourceDataSet(uid=uid("Set", 1))])
    assert main_source(declared(cible=Source(), national=copied, autre=copied)) == "national"


@pytest.mark.parametrize("mappings", [declared(), declared(cible=Source())], ids=["none", "a target only"])
def test_without_a_source_the_page_says_what_to_do(mappings: Mappings) -> None:
    with pytest.raises(ConfigurationError) as raised:
        main_source(mappings)
    assert raised.value.exit_code == 3
    told = str(raised.value)
    assert "sources.yaml" in told
    assert all(part in told for part in ("trouvé", "attendu", "à faire"))
