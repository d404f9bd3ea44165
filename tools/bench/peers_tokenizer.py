#!/usr/bin/env python3
"""A small byte-level BPE, trained on this project's own documents, as a Hugging Face tokenizer folder: peers
that insist on a tokenizer get one without the internet. peers_tokenizer.py FOLDER TEXT..."""
import json
import pathlib
import sys

from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

folder = pathlib.Path(sys.argv[1])
folder.mkdir(parents=True, exist_ok=True)
tokenizer = Tokenizer(models.BPE())
tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
tokenizer.decoder = decoders.ByteLevel()
alphabet = pre_tokenizers.ByteLevel.alphabet()
tokenizer.train(sys.argv[2:], trainers.BpeTrainer(vocab_size=4000, special_tokens=["<eos>"], initial_alphabet=alphabet))
tokenizer.save(str(folder / "tokenizer.json"))
config = {"tokenizer_class": "PreTrainedTokenizerFast", "eos_token": "<eos>", "model_max_length": 131072}
(folder / "tokenizer_config.json").write_text(json.dumps(config))
# Some peers ask what model it is for.
(folder / "config.json").write_text(json.dumps({"model_type": "gpt2"}))
