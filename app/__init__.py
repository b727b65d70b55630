"""What people touch: command line, settings, page.

Importing this package forbids the libraries below it to look anything up on the net: gradio and huggingface_hub read
these variables once, when they are first imported. Someone who wants a model from the hub sets HF_HUB_OFFLINE=0.
"""

import os

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
