from hub_estimator.linting import SEVERITIES, Finding


def test_a_finding_reads_as_three_lines():
  finding = Finding("error", "dropout", "variant []", "random", "bad", "fix it")
  assert str(finding).splitlines() == [
    "error: dropout: variant []: random",
    "    why:  bad",
    "    fix:  fix it",
  ]


def test_severities_come_the_gravest_first():
  assert SEVERITIES == ("error", "warning", "advice")
