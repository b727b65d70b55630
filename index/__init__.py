"""From text to goals: passages, encoder, lexical channel, FAISS index, matcher.

Importing this package forbids ONNX Runtime to report to its maker: since 1.29 its builds for Linux and macOS keep an id of
the machine and send events over HTTPS, by themselves and past Python, unless this variable is set before they start.
"""

import os

os.environ["ORT_DISABLE_TELEMETRY"] = "1"
