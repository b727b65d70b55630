"""Makes the bundled German encoder `isek-de`: corpora → tokenizer → student → distillation → export.

Nothing here is imported when the program serves; torch and its family are loaded inside the stages.
"""
