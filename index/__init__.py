"""From text to goals: passages, encoder, lexical channel, FAISS index, matcher."""
