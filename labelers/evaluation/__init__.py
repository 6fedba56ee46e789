"""What a labeler answers to annotated texts, and every figure that follows from its answers."""
