from __future__ import annotations

import pickle
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from labelers.written import WRITTEN, read_written
from pipeline.eligibility import Claim, Eligibility, EligibilityRules, Place, Rule, expand_phrases
from schemas.conf import conf_path, load_conf
from schemas.errors import UsageError
from schemas.label_set import DEFAULT_LABEL_SET, load_label_set
from schemas.status import Reason

RULES = load_conf(conf_path("eligibility", "head_ct_mr", kind="eligibility"), EligibilityRules)
ELIGIBILITY = Eligibility.of(RULES)


def judge(text: str, *, modality: str | None = None, exam_name: str | None = None) -> Reason | None:
    return ELIGIBILITY.judge(modality=modality, exam_name=exam_name, text=text).reason


@pytest.mark.parametrize(
    "text",
    [
        "CT head. No bleed, no infarct. Ventricles of normal size.",
        "Clinical details: collapse, ?SAH.\nNo subarachnoid blood. Basal cisterns clear.",
        "MRI BRAIN WITH GADOLINIUM\nA single enhancing lesion of the right frontal lobe.",
        "No acute intracranial abnormality.",
        "CT venogram of the head: superior sagittal sinus fills well.",
        "CTA circle of Willis: no aneurysm, no large vessel occlusion.",
        "MRI of the internal auditory canals. No vestibular schwannoma.",
        "MRI pituitary: 4 mm hypoenhancing focus of the left gland.",
        "CT facial bones: blow-out fracture of the left orbital floor.",
        "CT sinuses: polypoid mucosal thickening in both maxillary sinuses.",
        "CT head and cervical spine\nNo intracranial haemorrhage. No fracture of the cervical spine.",
        "Whole-body trauma CT.\nHead: no extra-axial blood, midline central, basal cisterns open.\n"
        "Chest: lungs clear, no pneumothorax.\nAbdomen: liver and spleen intact.",
    ],
)
def test_a_head_report_is_known_by_its_text_alone(text: str) -> None:
    assert judge(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "CT abdomen and pelvis: liver, spleen and both kidneys are normal.",
        "MRI lumbar spine. Disc bulge at L4/5, no compression of the cauda equina.",
        "CT pulmonary angiogram. No filling defect. The lungs are clear.",
        "CT neck: 2 cm node beside the left submandibular gland; larynx and thyroid normal.",
        "Known brain metastases. CT chest and abdomen: nodule of the right upper lobe, liver clear.",
        "MRI left knee: tear of the medial meniscus.",
        "Normal.",
    ],
)
def test_a_report_of_another_region_is_not_head(text: str) -> None:
    assert judge(text) is Reason.NOT_HEAD


@pytest.mark.parametrize(
    ("modality", "exam_name", "text"),
    [
        ("US", "US NEONATAL HEAD", "Ventricles not dilated. No germinal matrix haemorrhage."),
        (None, None, "Cranial ultrasound: normal echogenicity of the parenchyma, ventricles slim."),
        ("DX", "XR Skull 2 views", "No fracture of the vault."),
        ("PT", "PET-CT brain", "FDG PET-CT of the brain: hypometabolism of both temporal lobes."),
        (None, None, "EEG recording with scalp electrodes: left temporal sharp waves."),
        ("DX", "XR Chest", "The lungs are clear. The heart is not enlarged."),
    ],
)
def test_a_head_by_another_machine_is_not_ct_or_mr(
    modality: str | None, exam_name: str | None, text: str
) -> None:
    assert judge(text, modality=modality, exam_name=exam_name) is Reason.NOT_CT_OR_MR


def test_a_plain_text_overrules_a_wrong_exam_name() -> None:
    heart = (
        "LVIDd 5.1 cm, LVEF 45 %, RVOT 3 cm. Mitral and tricuspid valve leak a little; heart not enlarged."
    )
    brain = "MRI of the brain: no restricted diffusion, white matter and basal ganglia normal."

    assert judge(heart, modality="CT", exam_name="CT Head") is not None
    assert judge(brain, modality="MR", exam_name="MR Spine") is None


def test_the_exam_name_decides_where_the_text_says_little() -> None:
    text = "No change since yesterday."

    assert judge(text, modality="CT", exam_name="CT HEAD W/O") is None
    assert judge(text, modality="CT", exam_name="CT ABDOMEN") is Reason.NOT_HEAD


def test_a_wrong_modality_code_alone_does_not_exclude_a_head_ct() -> None:
    text = "CT head, plain. Old infarct in the left MCA territory, low attenuation, no bleed."

    assert judge(text, modality="DX", exam_name=None) is None


def test_a_cranial_ultrasound_in_the_history_does_not_make_an_mri_an_ultrasound() -> None:
    text = "MRI brain. History: cranial ultrasound showed wide ventricles. T2 and FLAIR: ventricles normal."

    assert judge(text) is None


@pytest.mark.parametrize("rule", RULES.rules, ids=lambda rule: rule.id)
def test_every_rule_speaks_on_its_own_example(rule: Rule) -> None:
    column = {Place.MODALITY: "modality", Place.EXAM_NAME: "exam_name"}.get(next(iter(rule.weights)))
    fields = {"modality": None, "exam_name": None, "text": ""} | {column or "text": rule.example}

    assert rule.id in ELIGIBILITY.weigh(**fields).rules  # type: ignore[arg-type]


def small_rules(**changes: object) -> dict[str, object]:
    rule = {
        "id": "head_words",
        "claim": "head",
        "weights": {"text": 1},
        "most": 2,
        "phrases": ["{left,right} thalamus", "pons", "vermis"],
        "example": "Lesion of the pons.",
    }
    thresholds = {"head": 1, "ct_or_mr": 0}
    sizes = {"opening_chars": 100, "text_chars": 30}
    return {"id": "small", "version": 1, **sizes, "thresholds": thresholds, "rules": [rule], **changes}


def weigh(text: str) -> float:
    rules = EligibilityRules.model_validate(small_rules(ignored_words=["of", "the"]))
    return Eligibility.of(rules).weigh(modality=None, exam_name=None, text=text).head


def test_a_phrase_is_found_across_line_ends_punctuation_and_ignored_words() -> None:
    assert weigh("LEFT\n-- thalamus") == 1.0
    assert weigh("right (of the) thalamus") == 1.0
    assert weigh("thalamus left") == 0.0


def test_a_phrase_counts_once_and_a_rule_at_most_as_often_as_it_says() -> None:
    assert weigh("pons, pons, pons") == 1.0
    assert weigh("pons vermis left thalamus") == 2.0


def test_only_the_first_characters_of_a_long_text_are_read() -> None:
    assert weigh("." * 40 + "pons") == 0.0


def test_braces_stand_for_each_of_their_choices() -> None:
    assert list(expand_phrases(["{ct, mri} {head,brain}", "orbit"])) == [
        "ct head",
        "ct brain",
        "mri head",
        "mri brain",
        "orbit",
    ]


def test_rules_of_the_users_own_are_read_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "small.yaml"
    path.write_text(yaml.safe_dump(small_rules()), encoding="utf-8")
    eligibility = Eligibility.load(path)

    assert eligibility.judge(modality=None, exam_name=None, text="pons").reason is None
    assert eligibility.judge(modality=None, exam_name=None, text="hip").reason is Reason.NOT_HEAD
    assert eligibility.fingerprint != ELIGIBILITY.fingerprint


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"treshold": 1}, "Did you mean 'thresholds'"),
        ({"rules": small_rules()["rules"] * 2}, "rule given twice: head_words"),  # type: ignore[operator]
        ({"rules": []}, "rules"),
    ],
)
def test_rules_that_make_no_sense_are_refused(
    tmp_path: Path, changes: dict[str, object], message: str
) -> None:
    path = tmp_path / "small.yaml"
    path.write_text(yaml.safe_dump(small_rules(**changes)), encoding="utf-8")

    with pytest.raises(UsageError, match=message):
        Eligibility.load(path)


def test_an_unknown_name_lists_the_rules_there_are() -> None:
    with pytest.raises(UsageError, match="head_ct_mr"):
        Eligibility.load("head_ct")


def test_it_judges_the_same_after_pickling() -> None:
    again = pickle.loads(pickle.dumps(ELIGIBILITY))

    assert again == ELIGIBILITY
    assert again.judge(modality=None, exam_name=None, text="CT head: no bleed.").reason is None


@given(text=st.text(max_size=400), modality=st.none() | st.text(), exam_name=st.none() | st.text())
def test_any_text_gets_a_verdict(text: str, modality: str | None, exam_name: str | None) -> None:
    assert judge(text, modality=modality, exam_name=exam_name) in {
        None,
        Reason.NOT_HEAD,
        Reason.NOT_CT_OR_MR,
    }


@given(st.text(max_size=200))
def test_case_does_not_matter(text: str) -> None:
    ascii_text = text.encode("ascii", "ignore").decode() + " ct brain"

    assert judge(ascii_text.upper()) == judge(ascii_text)


def test_every_claim_has_a_rule() -> None:
    assert {rule.claim for rule in RULES.rules} == set(Claim)


@pytest.mark.parametrize(
    "sentence",
    [
        "Two cysts of the liver, unchanged.",
        "LUNGS: no nodule, no consolidation.",
        "Displaced fracture of the seventh rib.",
        "The cervical spine is intact, without fracture.",
        "The heart is of normal size.",
        "Cortical fracture of the right fibular head.",
    ],
)
def test_a_sentence_of_another_part_of_the_body_is_known(sentence: str) -> None:
    assert ELIGIBILITY.part_of(sentence) is Claim.ELSEWHERE


@pytest.mark.parametrize(
    "sentence",
    [
        "No fracture of skull or ribs.",
        "Ring-enhancing lesion of the left frontal lobe in keeping with a metastasis of the lung.",
        "Dense calcification of the vertebral artery.",
        "There is a new haematoma.",
        "Aneurysm with a wide neck.",
        "Recent infarcts, a cardiac source of emboli is likely.",
        "Cerebellar tonsils 8 mm below the foramen magnum, in the spinal canal.",
    ],
)
def test_a_sentence_that_may_be_of_the_head_is_not_taken_for_one(sentence: str) -> None:
    assert ELIGIBILITY.part_of(sentence) is not Claim.ELSEWHERE


def test_no_labelled_sentence_of_the_written_reports_is_taken_for_one() -> None:
    label_set = load_label_set(DEFAULT_LABEL_SET)
    files = sorted(WRITTEN.glob("*.txt"))
    sentences = [
        one for file in files for report in read_written(file, label_set) for one in report.sentences
    ]

    labelled = [one.text for one in sentences if one.labels]
    taken = [text for text in labelled if ELIGIBILITY.part_of(text) is Claim.ELSEWHERE]

    assert len(sentences) > 40_000
    assert taken == []


def test_rules_of_all_examinations_know_no_other_part() -> None:
    assert Eligibility.load("any").part_of("Two cysts of the liver, unchanged.") is None


def test_an_expression_that_is_none_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(yaml.safe_dump(small_rules(other_parts={"words": ["liver"], "unless": ["(brain"]})))

    with pytest.raises(UsageError, match="no regular expression"):
        Eligibility.load(path)
