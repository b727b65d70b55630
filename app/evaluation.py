"""What the settings and `--compare` mean for an evaluation: which matcher answers, with which labels."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from app.decisions.labels import decided_path
from app.service import Say, thresholds_of, to_stderr, training_labels
from app.settings import Settings, isek_home, parse_value
from data.background import load_background
from data.catalogue import Catalogue, load_catalogue
from data.errors import UserError
from data.labelled import LabelledCase, labelled_path, load_labelled, of_split
from eval.agreement import pairs_of, second_person
from eval.answer_changes import answer_changes
from eval.baseline import against_baseline, load_baseline
from eval.baselines import BASELINES, ENGLISH_TITLES, encoder_titles, tfidf_titles
from eval.comparison import compare, corrected, flips
from eval.evaluation import Comparison, Evaluation, Run, Since
from eval.run import Answerer, CrossFitted, Record, evaluate
from index.encoder import ENGLISH_MODEL, Encoder, load_encoder
from index.learning import Learner, Tuning
from index.matcher import Matcher
from index.store import GoalIndex, build_index, index_key, learner_of, load_index, open_index, save_index
from index.texts import Corpus, corpus_of

DECISIONS = Path("decisions")  # in place of a file: the set made of this installation's decisions
FOLDS_KEPT = 25
Progress = Callable[[str, int, int], None]  # the name of a run, cases answered, cases in all
_NEXT_KEY = re.compile(r",(?=\w+=)")


@dataclass(frozen=True)
class Variant:
    """One thing to evaluate: the settings, whether profiles are used, or a baseline instead of the matcher."""

    name: str
    settings: Settings
    profiles: bool = True
    baseline: str | None = None
    channel: str | None = None  # "wort" or "sinn": that channel alone

    @property
    def tuning(self) -> Tuning:
        return Tuning() if self.channel is None else Tuning().only(lexical=self.channel == "wort")


def variant(base: Settings, assignment: str) -> Variant:
    """The variant that ``KEY=VALUE`` (several with commas between) makes of the base settings.

    Raises:
        UserError: no such key, or a value that does not fit it.
    """
    made = Variant(assignment, base)
    for part in _NEXT_KEY.split(assignment):
        key, sign, value = part.partition("=")
        if not sign or not value:
            raise UserError(
                f"--compare erwartet SCHLÜSSEL=WERT, etwa labels=off oder model=ORDNER; angegeben war {part!r}."
            )
        if key == "baseline":
            if value not in BASELINES:
                raise UserError(f"Die Vergleichsgröße {value!r} gibt es nicht; bekannt sind {', '.join(BASELINES)}.")
            made = replace(made, baseline=value)
        elif key == "channel":
            if value not in ("wort", "sinn"):
                raise UserError(f"channel erwartet wort oder sinn, angegeben war {value!r}.")
            made = replace(made, channel=value)
        elif key == "profiles":
            made = replace(made, profiles=bool(parse_value("labels", value)))
        else:
            made = replace(made, settings=made.settings.changed(**{key: _value(key, value)}))
    return made


def _value(key: str, value: str) -> object:
    try:
        return parse_value(key, value)
    except UserError as error:
        if "gibt es nicht" not in str(error):
            raise
        raise UserError(
            f"Nach {key!r} lässt sich nicht vergleichen; möglich sind baseline, profiles und jede Einstellung: "
            f"{', '.join(Settings.__dataclass_fields__)}."
        ) from error


def load_cases(
    catalogue: Catalogue,
    file: Path | None,
    split: str | None,
    others: Sequence[Catalogue] = (),
    home: Path | None = None,
) -> tuple[str, str, list[LabelledCase]]:
    """File name, split and cases to evaluate.

    Without a split it is ``test``, or all where a file has none or is that of the decisions. A case may name goals that
    only one of the `others` knows.

    Raises:
        UserError: no labelled set for this catalogue, or no case in the split.
    """
    decided = file == DECISIONS
    path = decided_path(catalogue, home) if decided else file or labelled_path(catalogue)
    if decided and not path.is_file():
        raise UserError(
            f"Zum Zielkatalog «{catalogue.name}» gibt es noch keine beurteilten Texte aus Entscheidungen; übernommen werden sie "
            "mit isek eval import --decisions oder auf der Seite Qualität."
        )
    if file is None and not path.is_file():
        raise UserError(
            f"Zum Zielkatalog «{catalogue.name}» gibt es keinen Prüfsatz ({path.name}); bitte einen mit --set DATEI nennen."
        )
    cases = load_labelled(path, catalogue, *others)
    chosen = split or ("test" if of_split(cases, "test") and not decided else "all")
    kept = of_split(cases, chosen)
    if not kept:
        raise UserError(f"«{path.name}» enthält keinen Fall im Teil {chosen!r}; möglich sind dev, test und all.")
    return path.name, chosen, kept


def open_answerer(
    chosen: Variant, say: Say = to_stderr, *, encoder: Encoder | None = None, home: Path | None = None
) -> Answerer:
    """What answers the cases for this variant; an index is built on the way where one is missing.

    Raises:
        UserError: catalogue, labelled set, model or home folder are at fault.
    """
    settings, folder = chosen.settings, home or isek_home()
    catalogue = load_catalogue(settings.catalogue, (folder / "catalogues",))
    if chosen.baseline == ENGLISH_TITLES:
        return encoder_titles(catalogue, encoder or load_encoder(ENGLISH_MODEL))
    if chosen.baseline:
        return tfidf_titles(catalogue)
    model = encoder or load_encoder(settings.model)
    corpus = corpus_of(catalogue, load_background(), training_labels(catalogue, settings, folder), chosen.profiles)
    thresholds, factory = thresholds_of(settings), settings.faiss_factory
    tuning = chosen.tuning
    index = open_index(folder, catalogue, corpus, model, tuning, factory=factory, say=say)

    @cache
    def learner() -> Learner:
        return learner_of(folder, catalogue, corpus, model, tuning, say)

    def without(rest: Corpus) -> Matcher:
        return Matcher(
            catalogue, _fold_index(folder, catalogue, rest, model, tuning, factory, say, learner), model, thresholds
        )

    return CrossFitted(Matcher(catalogue, index, model, thresholds), corpus, without)


def _fold_index(
    home: Path,
    catalogue: Catalogue,
    corpus: Corpus,
    model: Encoder,
    tuning: Tuning,
    factory: str,
    say: Say,
    learner: Callable[[], Learner],
) -> GoalIndex:
    """The index of all but one fold, kept in a folder of its own: it serves no one but the evaluation."""
    folder = home / "folds" / index_key(catalogue, corpus, model, tuning, factory)
    if folder.is_dir():
        try:
            return load_index(folder)
        except UserError:
            pass  # damaged: it is built again below
    say(f"Für die Prüfung über Kreuz wird ein Index ohne einen Teil der Beurteilungen gebaut ({len(corpus.labels)}) …")
    index = build_index(home, catalogue, corpus, model, tuning, factory=factory, say=say, learner=learner())
    save_index(index, folder)
    _forget_old(folder.parent)
    return index


def _forget_old(parent: Path) -> None:
    import shutil

    for old in sorted(parent.iterdir(), key=lambda path: path.stat().st_mtime, reverse=True)[FOLDS_KEPT:]:
        shutil.rmtree(old, ignore_errors=True)


@dataclass(frozen=True)
class Task:
    """What to evaluate on: a labelled set (None: the shipped one, or DECISIONS) and its split, and what to set beside it.

    `compare` are assignments as of `--compare`, `stored` the JSON of an earlier evaluation, `second` the labelled set
    of a second person.
    """

    file: Path | None = None
    split: str | None = None
    compare: Sequence[str] = ()
    stored: Path | None = None
    second: Path | None = None


def run_evaluation(
    settings: Settings,
    task: Task,
    say: Say = to_stderr,
    *,
    encoder: Encoder | None = None,
    home: Path | None = None,
    progress: Progress = lambda _name, _done, _total: None,
) -> Evaluation:
    """Evaluate the settings, and each variant of the task beside them.

    Raises:
        UserError: see `variant`, `load_cases` and `open_answerer`; everything is checked before the first case is run.
    """
    earlier = load_baseline(task.stored) if task.stored else None
    variants = [variant(settings, assignment) for assignment in task.compare]
    folder = home or isek_home()
    catalogue = load_catalogue(settings.catalogue, (folder / "catalogues",))
    others_known = [load_catalogue(other.settings.catalogue, (folder / "catalogues",)) for other in variants]
    name, chosen, cases = load_cases(catalogue, task.file, task.split, others_known, folder)
    human = second_person(pairs_of(cases, load_labelled(task.second, catalogue))) if task.second else None
    base = _run(Variant("Grundeinstellung", settings), cases, say, encoder, folder, progress)
    others = [_run(other, cases, say, encoder, folder, progress) for other in variants]
    comparisons = _comparisons(base, others)
    since = None
    if task.stored and earlier:
        since = Since(task.stored.name, against_baseline(earlier["cases"], base.records))
    return Evaluation(name, chosen, base, comparisons, since, human)


def _comparisons(base: Run, others: Sequence[Run]) -> list[Comparison]:
    """Each run beside the base, over the cases whose labels both catalogues know; corrected for all together."""
    common = [_common(base, run) for run in others]
    differences = corrected([compare(*pair) for pair in common])
    made = []
    for run, (first, second), difference in zip(others, common, differences, strict=True):
        judged = [record.case.id for record in first]
        changes = answer_changes(base.answered, run.answered, judged)
        made.append(Comparison(run, difference, flips(first, second), changes, len(run.answered)))
    return made


def _run(
    chosen: Variant, cases: Sequence[LabelledCase], say: Say, encoder: Encoder | None, home: Path, progress: Progress
) -> Run:
    answerer = open_answerer(chosen, say, encoder=encoder, home=home)

    def answered(done: int, total: int) -> None:
        progress(chosen.name, done, total)
        if done == total or done * 4 // total > (done - 1) * 4 // total:
            say(f"{chosen.name}: {done} von {total} Fällen")

    run = Run.of(chosen.name, answerer, evaluate(answerer, cases, answered))
    if run.unjudged:
        say(
            f"Der Zielkatalog «{run.catalogue.name}» kennt die Ziele von {len(run.unjudged)} Fällen nicht; sie zählen in keiner Kennzahl."
        )
    if not run.records:
        raise UserError(f"Der Zielkatalog «{run.catalogue.name}» kennt die Ziele keines einzigen Falls.")
    return run


def _common(base: Run, other: Run) -> tuple[list[Record], list[Record]]:
    """The records of both runs for the cases that count in both."""
    both = {record.case.id for record in base.records} & {record.case.id for record in other.records}
    first, second = ([record for record in run.records if record.case.id in both] for run in (base, other))
    return first, second
