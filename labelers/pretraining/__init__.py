"""Masked-language-model pre-training of a BERT-like encoder on a text archive (Devlin 2019, section 3.1).

What comes out is a plain transformers folder, which the recipes of transformer labelers name as their encoder.
"""
