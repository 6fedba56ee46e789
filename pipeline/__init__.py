"""The archive job as Beam transforms over record batches."""
