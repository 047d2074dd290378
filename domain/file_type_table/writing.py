"""Words, code and settings: everything that is text to begin with."""

from domain.file_type_table.rows import Family, text, texts

TEXT = text("Text", Family.TEXT, "text", ".txt .text")

WRITING = (
    text("Subtitles", Family.TEXT, "subtitles", ".srt .vtt .ass .ssa"),
    text("Gettext", Family.TEXT, "gettext", ".po .pot"),
    text("Chess games", Family.TEXT, "chess", ".pgn", rb"\s*\[\w+ \""),
    *texts(
        Family.TEXT,
        """
        Log: .log
        Markdown: .md .markdown
        reStructuredText: .rst
        AsciiDoc: .adoc .asciidoc
        Org: .org
        MediaWiki: .mediawiki .wiki
        Textile: .textile
        Manual page: .man
        LaTeX: .tex
        PEM: .pem .asc
        Diff: .diff .patch
        """,
    ),
)

CODE = (
    # Told from others of the same extension; nowhere else, so these may be loose.
    text(
        "Coq",
        Family.CODE,
        "text",
        ".v",
        rb"\s*(\(\*|(Require|From|Import|Theorem|Lemma|Definition|Inductive)\b)",
    ),
    text(
        "Objective-C",
        Family.CODE,
        "text",
        ".m",
        rb"\s*(//|/\*|#\s*(import|include)\b|@(interface|implementation)\b)",
    ),
    text("Mathematica", Family.CODE, "text", ".m", rb"\s*\(\*"),
    *texts(
        Family.CODE,
        """
        Python: .py .pyi
        Cython: .pyx
        R: .r
        R Markdown: .rmd .qmd
        JavaScript: .js .mjs .cjs .jsx
        TypeScript: .ts .tsx
        Vue: .vue
        CSS: .css .scss
        C: .c .h
        C++: .cpp .cc .hpp
        CUDA: .cu
        C#: .cs
        F#: .fs
        D: .d
        Java: .java
        Groovy: .groovy .gradle
        Kotlin: .kt
        Dart: .dart
        Go: .go
        Rust: .rs
        Zig: .zig
        Nim: .nim
        Ruby: .rb
        PHP: .php
        Perl: .pl .pm
        Lua: .lua
        Tcl: .tcl
        Julia: .jl
        Swift: .swift
        Scala: .scala
        Clojure: .clj
        Haskell: .hs
        OCaml: .ml
        Erlang: .erl
        Elixir: .ex
        Lisp: .lisp .el
        Fortran: .f .f90
        Pascal: .pas
        Ada: .adb
        Assembler: .asm .s
        MATLAB source: .m
        Verilog: .v
        Solidity: .sol
        GLSL: .glsl
        GraphQL: .graphql
        Protocol Buffers: .proto
        Thrift: .thrift
        Jinja: .jinja
        Makefile: .mk
        CMake: .cmake
        Shell: .sh .bash .zsh
        awk: .awk
        PowerShell: .ps1
        Batch: .bat .cmd
        """,
    ),
)

CONFIG = (
    text("INI", Family.CONFIG, "ini", ".ini .cfg .desktop .service"),
    text("HOCON", Family.CONFIG, "hocon", ".hocon"),
    text("Configuration", Family.CONFIG, "text", ".conf"),
    text("HCL", Family.CONFIG, "hcl", ".hcl .tf .tfvars"),
    text("Properties", Family.CONFIG, "properties", ".properties"),
    text("Environment", Family.CONFIG, "env", ".env"),
)
