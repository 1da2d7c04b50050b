"""Names of languages: those of StarCoderData's folders ("c-sharp", "cpp"), in every schema of code."""

from pathlib import PurePosixPath

_EXTENSIONS = {
    "bat": "batchfile",
    **dict.fromkeys(("c", "h"), "c"),
    **dict.fromkeys(("cs", "csx"), "c-sharp"),
    **dict.fromkeys(("clj", "cljs", "cljc"), "clojure"),
    "cmake": "cmake",
    **dict.fromkeys(("cc", "cpp", "cxx", "hh", "hpp", "hxx", "inl", "tcc"), "cpp"),
    "css": "css",
    "dart": "dart",
    "dockerfile": "dockerfile",
    **dict.fromkeys(("erl", "hrl"), "erlang"),
    "go": "go",
    "hs": "haskell",
    **dict.fromkeys(("htm", "html", "xhtml"), "html"),
    "java": "java",
    **dict.fromkeys(("js", "mjs", "cjs"), "javascript"),
    "json": "json",
    "jsx": "jsx",
    "jl": "julia",
    **dict.fromkeys(("kt", "kts"), "kotlin"),
    "lua": "lua",
    **dict.fromkeys(("mk", "mak", "makefile"), "makefile"),
    **dict.fromkeys(("md", "markdown", "mkd"), "markdown"),
    **dict.fromkeys(("ml", "mli"), "ocaml"),
    **dict.fromkeys(("pas", "pp"), "pascal"),
    **dict.fromkeys(("pl", "pm"), "perl"),
    "php": "php",
    "ps1": "powershell",
    "proto": "protocol-buffer",
    **dict.fromkeys(("py", "pyi", "pyw"), "python"),
    "r": "r",
    "rst": "restructuredtext",
    "rmd": "rmarkdown",
    **dict.fromkeys(("rb", "rake", "gemspec"), "ruby"),
    "rs": "rust",
    "sass": "sass",
    **dict.fromkeys(("scala", "sbt"), "scala"),
    "scss": "scss",
    **dict.fromkeys(("sh", "bash", "zsh"), "shell"),
    "st": "smalltalk",
    "sql": "sql",
    "swift": "swift",
    **dict.fromkeys(("tex", "sty", "bib"), "tex"),
    "thrift": "thrift",
    "toml": "toml",
    **dict.fromkeys(("ts", "tsx"), "typescript"),
    "vue": "vue",
    "xml": "xml",
    **dict.fromkeys(("yaml", "yml"), "yaml"),
}
_RENAMED = {"c#": "c-sharp", "f#": "f-sharp", "c++": "cpp"}


def language_of_path(path: str) -> str:
    """The language that a file's extension, or its whole name where it has none, stands for; "other" if unknown."""
    name = PurePosixPath(path).name.lower()
    return _EXTENSIONS.get(name.rpartition(".")[2], "other")


def language_named(name: str) -> str:
    """A language by the name that The Stack and CommitPack give it ("C#", "Protocol Buffer", "c++")."""
    name = name.strip().lower()
    return _RENAMED.get(name, name.replace(" ", "-"))
