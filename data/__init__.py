"""What the system knows: goal catalogues, labelled cases, the bundled model, and the types and loaders for them."""
