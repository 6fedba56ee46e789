"""Measuring the whole job and its labeler (`ctlabel bench`)."""
