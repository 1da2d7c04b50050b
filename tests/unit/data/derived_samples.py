"""A small document in each of web code's languages: the comments say "Adds two." and "Twice.", names and strings are
`purchase`, `basket` and `Customer`."""

import os
from pathlib import Path

import pyarrow.parquet as pq

DOCUMENTS = {
    "java": "/** Adds two. */\nclass Customer {\n"
    "  int purchase(int basket) { // Twice.\n    return basket + 2;\n  }\n}\n",
    "javascript": "// Adds two.\nfunction purchase(basket) {\n"
    "  return basket + 2; /* Twice. */\n}\nlet s = 'Customer';\n",
    "php": "<html>\n<!-- Adds two. -->\n<?php\nfunction purchase($basket) {\n"
    "  return $basket + 2; # Twice.\n}\n?>\n</html>\n",
    "python": 'def purchase(basket):\n    """Adds two."""\n    return basket + 2  # Twice.\n\n\nname = "Customer"\n',
    "c-sharp": "/// Adds two.\nclass Customer {\n  int purchase(int basket) {\n"
    "    return basket + 2; // Twice.\n  }\n}\n",
    "typescript": "/** Adds two. */\nfunction purchase(basket: number): store.Customer {\n"
    "  return basket + 2; // Twice.\n}\n",
    "c": '/*\n * Adds two.\n */\n#include "customer.h"\n'
    "int purchase(int basket) {\n  return basket + 2; // Twice.\n}\n",
    "cpp": "// Adds two.\ntemplate <typename Customer>\n"
    "int purchase(Customer basket) { return basket + 2; /* Twice. */ }\n",
    "go": "package customer\n\n// Adds two.\nfunc purchase(basket int) int {\n\treturn basket + 2 // Twice.\n}\n",
    "ruby": "=begin\nAdds two.\n=end\ndef purchase(basket)\n  basket + 2 # Twice.\nend\nputs 'Customer'\n",
    "shell": '#!/bin/sh\n# Adds two.\npurchase() {\n  basket=$1 # Twice.\n  echo "Customer $((basket + 2))"\n}\n',
    "kotlin": "/* Adds two. */\nclass Customer {\n  fun purchase(basket: Int): Int = basket + 2 // Twice.\n}\n",
    "swift": "/// Adds two.\nfunc purchase(basket: Int) -> Int {\n    return basket + 2 // Twice.\n}\n",
    "vue": "<!-- Adds two. -->\n<template>\n  <p>Customer</p>\n</template>\n<script>\n"
    "export default { purchase(basket) { return basket + 2 } } // Twice.\n</script>\n",
    "rust": "//! Adds two.\nfn purchase(basket: i32) -> i32 {\n"
    '    basket + 2 // Twice.\n}\nconst NAME: &str = "Customer";\n',
    "scala": "/** Adds two. */\nobject Customer {\n  def purchase(basket: Int): Int = basket + 2 // Twice.\n}\n",
    "jsx": "// Adds two.\nconst Purchase = ({ basket }) => (\n  <Customer>{basket + 2 /* Twice. */}</Customer>\n);\n",
    "sql": "-- Adds two.\nSELECT basket + 2 /* Twice. */ AS purchase FROM customer WHERE customer.id = 'Customer';\n",
    "dart": "/// Adds two.\nint purchase(int basket) {\n  return basket + 2; // Twice.\n}\n",
    "makefile": "# Adds two.\npurchase: basket.o customer.o\n\t$(CC) -o $@ basket.o # Twice.\n",
    "lua": "--[[ Adds two. ]]\nlocal function purchase(basket)\n"
    "  return basket + 2 -- Twice.\nend\nprint('Customer')\n",
    "haskell": "{- Adds two. -}\npurchase :: Int -> Customer\n"
    'purchase basket = basket + 2 -- Twice.\ncustomer = "Customer"\n',
    "smalltalk": 'Customer >> purchase: basket\n\t"Adds two."\n\t^ basket + 2 "Twice."\n',
    "tex": "% Adds two.\n\\newcommand{\\purchase}[1]{basket #1} % Twice.\nEvery customer buys.\n",
    "clojure": ';; Adds two.\n(defn purchase [basket]\n  (+ basket 2)) ; Twice.\n(println "Customer")\n',
}
WORDS = ("purchase", "basket", "customer")


def real_documents(language: str, count: int, longest: int = 20_000) -> list[str]:
    """Some of the sample's documents of a language, the same on every call; none where there is no sample."""
    folder = Path(os.environ.get("CODEMIX_SAMPLES", "")) / "pretrain" / "starcoderdata" / language
    texts = [text for path in sorted(folder.glob("*.parquet")) for text in pq.read_table(path)["content"].to_pylist()]
    texts = [text for text in texts if len(text) <= longest]
    return texts[:: max(1, len(texts) // count)][:count]
