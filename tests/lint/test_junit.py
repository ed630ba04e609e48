"""JUnit XML: valid by the schema that Jenkins' xunit plugin has, and read by the standard library."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import made
import pytest
import xmlschema

from pytest_trt.lint.report import junit

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

SCHEMA = xmlschema.XMLSchema(str(Path(__file__).parents[1] / "data" / "schemas" / "junit-10.xsd"))


def suite(report: made.Report, strict: bool = False) -> ElementTree.Element:
    text = junit.render(report, strict)
    SCHEMA.validate(text)
    root = ElementTree.fromstring(text.encode())
    (found,) = root
    for one in (root, found):
        assert int(one.get("tests", "")) == len(found.findall("testcase"))
        assert int(one.get("failures", "")) == len(found.findall("testcase/failure"))
        assert int(one.get("errors", "")) == len(found.findall("testcase/error"))
    return found


def outcomes(found: ElementTree.Element) -> dict[str, list[str]]:
    return {case.get("name", ""): [one.tag for one in case] for case in found.iter("testcase")}


@pytest.mark.parametrize("strict", [False, True])
@pytest.mark.parametrize("make", [made.report, made.deployed, made.hostile, lambda: made.Report([made.NAMES[0]])])
def test_valid(make: Callable[[], made.Report], strict: bool) -> None:
    suite(make(), strict)


def test_golden(golden: Callable[[str, str], None]) -> None:
    golden("deployed.junit.xml", junit.render(made.deployed()))


def test_a_case_for_each_artifact() -> None:
    assert outcomes(suite(made.report())) == {
        "models/detector/3": ["failure", "system-out"],
        "models/old/frozen.pb": ["failure"],
        "models/plain/1": [],
        "models/ranker/00012": ["failure"],
        "models/torn/1": ["error"],
    }


def test_a_case_for_each_deployment_file() -> None:
    found = suite(made.deployed())
    assert outcomes(found) == {
        "deploy/Dockerfile": ["failure", "system-out"],
        "deploy/compose.yaml": [],
        "models/ranker/1": [],
        "trt-lint.toml": ["system-out"],
    }
    assert [case.get("classname") for case in found.iter("testcase")] == [
        "trt-lint.deployment",
        "trt-lint.deployment",
        "trt-lint.artifact",
        "trt-lint.other",
    ]


def test_strict() -> None:
    """Warnings fail then, and notes never do."""
    found = suite(made.deployed(), strict=True)
    assert outcomes(found)["deploy/Dockerfile"] == ["failure"]
    assert outcomes(found)["trt-lint.toml"] == ["system-out"]
    (failure,) = found.iter("failure")
    assert failure.get("type") == "TRT401"
    assert (failure.get("message") or "").endswith("the model needs them. (and 1 more finding)")
    assert "deploy/Dockerfile:12\n" in (failure.text or "")
    assert "warning TRT403 floating-tag\ndeploy/Dockerfile:1\n" in (failure.text or "")


def test_not_read_though_nothing_is_said_of_it() -> None:
    report = made.report()
    report.findings = [one for one in report.findings if one.code != "TRT902"]
    found = suite(report)
    assert outcomes(found)["models/torn/1"] == ["error"]
    (error,) = found.iter("error")
    assert error.get("message") == "was not read wholly"


def test_targets() -> None:
    found = suite(made.report())
    assert [one.get("value") for one in found.iter("property")] == list(made.NAMES)
