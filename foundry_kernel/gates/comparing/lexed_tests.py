"""Tests of JavaScript, TypeScript, Go, Rust, Java and Kotlin files, read by their words.

A small table says for each language how a test begins, what an assertion is, and what keeps a test from being run.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from foundry_kernel.gates.comparing.known_test import KnownTest
from foundry_kernel.gates.comparing.lexing import LexedText, language_of, lexed

_STATEMENT_END = re.compile(r"[;\n]")
_HELPER_CALL = re.compile(r"(?<![\w.])(\w+)!?\s*\(")
_MAX_HELPERS_DEEP = 2
_MAX_BLOCKS_DEEP = 200
_MAX_NEAR = 2_000
"""Characters between things that belong together, such as an annotation and the name that it is about."""

_MAX_READ = 20_000_000


class TooIntricate(Exception):
    """The file is made so that reading it takes too long."""


@dataclass(frozen=True)
class Language:
    """What a test looks like.

    Attributes:
        file: paths of files that hold tests.
        assertion: matches where an assertion begins in code.
        trivial: matches an assertion that always holds, in text without comments.
        skip_call: matches a call that ends a test without a verdict.
        function: matches the head of a function that may be a helper, up to its name.
    """

    file: re.Pattern[str]
    assertion: re.Pattern[str]
    trivial: re.Pattern[str]
    skip_call: re.Pattern[str]
    function: re.Pattern[str]


_LITERAL = r"(?:true|false|\d+|\"[^\"]*\"|'[^']*')"
LANGUAGES = {
    "javascript": Language(
        re.compile(r"(\.(test|spec|cy|e2e)\.[cm]?[jt]sx?|/(tests?|__tests__|specs?|e2e)/.*\.[cm]?[jt]sx?)$"),
        re.compile(
            r"(?<![\w.])(?:expect(?:TypeOf)?\s*(?:\.soft\s*)?\(|assert\w*\s*[.(]|should\.)|\.should\b|(?<![\w.])t\.(?:is|not|deepEqual|"
            r"like|true|false|truthy|falsy|throws\w*|regex|snapshot|equal|ok|same|match|assert)\s*\("
        ),
        re.compile(
            rf"expect\(\s*({_LITERAL})\s*\)\s*\.(?:toBe|toEqual|toStrictEqual)\(\s*\1\s*\)"
            r"|expect\(\s*(?:true|1)\s*\)\s*\.(?:toBeTruthy|toBeDefined)\(\s*\)|expect\(\s*(?:false|0|null)\s*\)\s*\.toBeFalsy\(\s*\)"
            rf"|assert(?:\.ok)?\(\s*(?:true|1)\b[^()]*\)|assert\.(?:equal|strictEqual|deepEqual)\(\s*({_LITERAL})\s*,\s*\2\s*\)"
        ),
        re.compile(r"(?<![\w.])(?:this|t|ctx|context|test|it)\.(?:skip|fixme|todo)\s*\("),
        re.compile(
            r"\bfunction\s*\*?\s*(\w+)\s*\(|\b(?:const|let|var)\s+(\w+)\s*(?::[^=;]{1,300})?=\s*(?:async\s*)?(?:function\b[^(]{0,100})?\("
        ),
    ),
    "go": Language(
        re.compile(r"_test\.go$"),
        re.compile(
            r"\b[tb]\.(?:Error|Errorf|Fatal|Fatalf|Fail|FailNow)\s*\(|\b(?:assert|require|is|qt|td|cmp|must)\.\w+\s*\(|\bpanic\("
        ),
        re.compile(
            rf"\b(?:assert|require)\.True\(\s*\w+\s*,\s*true\b[^()]*\)|\b(?:assert|require)\.Equal\(\s*\w+\s*,\s*({_LITERAL})\s*,\s*\1\s*\)"
        ),
        re.compile(r"\b[tb]\.(?:Skip|Skipf|SkipNow)\s*\("),
        re.compile(r"\bfunc\s+(?:\([^)]{0,200}\)\s*)?(\w+)\s*(?:\[[^\]]{0,200}\])?\("),
    ),
    "rust": Language(
        re.compile(r"\.rs$"),
        re.compile(
            r"\b(?:\w*assert\w*|panic|unreachable)!\s*[(\[{]|\bassert_\w+\s*\(|\.unwrap_err\(\)|\.expect_err\("
        ),
        re.compile(rf"\bassert!\(\s*true\b[^()]*\)|\bassert_eq!\(\s*({_LITERAL})\s*,\s*\1\s*\)"),
        re.compile(r"(?!)"),
        re.compile(r"\bfn\s+(\w+)\s*(?:<[^>]{0,200}>)?\("),
    ),
    "java": Language(
        re.compile(r"(/(test|androidTest|it)/.*|Tests?|IT|Spec)\.(java|kt)$|/test/.*\.(java|kt)$"),
        re.compile(
            r"\b(?:assert\w*|verify\w*|expect\w*|fail|then)\s*[({]|\bassert\s|\.should\w*|\.andExpect\s*\(|\bshould\w+\b"
        ),
        re.compile(
            r"\bassert(?:True|That)\(\s*true\s*\)|\bassertFalse\(\s*false\s*\)"
            rf"|\bassertEquals\(\s*({_LITERAL})\s*,\s*\1\s*\)|\bassert\s+true\b"
        ),
        re.compile(r"\b(?:assumeTrue|Assumptions\.\w+|abort)\s*\(\s*(?:false|true)?"),
        re.compile(r"\b(?:void|fun|[\w<>\[\]]{1,100})\s+(\w+)\s*\("),
    ),
}
_JS_BLOCK = re.compile(
    r"(?<![\w.$])(?P<word>x?(?:it|test|describe|context|suite|specify)|fit|fdescribe|xcontext|Deno\.test)"
    r"(?P<more>(?:\s*\.\s*\w+)*)\s*(?P<open>\(|`)"
)
_JS_SKIPS = {"skip", "todo", "fixme", "failing", "fails", "skipIf", "runIf"}
_GO_TEST = re.compile(r"^func\s+(?P<name>(?:Test|Fuzz|Example)\w*)\s*\(", re.MULTILINE)
_GO_BUILD = re.compile(r"^//\s*(?:go:build|\+build)\s+(.+)$", re.MULTILINE)
_RUST_TEST = re.compile(r"#\[\s*(?:[\w:]*::)?(?:test|rstest|test_case|bench|quickcheck|wasm_bindgen_test)\b")
_RUST_NAME = re.compile(r"(?:\s|pub(?:\([^)]*\))?|async|unsafe|const)*\bfn\s+(?P<name>\w+)")
_JAVA_TEST = re.compile(r"@(?:Test|ParameterizedTest|RepeatedTest|TestFactory|TestTemplate|Property)\b")
_JAVA_ANNOTATION = re.compile(r"\s*@[\w.]+(?:\s{0,9}\()?")
_JAVA_NAME = re.compile(r"[^;{}()=@]{0,500}?\b(?P<name>\w+|`\s*`)\s*(?=\()")
_JAVA_SKIP = re.compile(r"@(?:Disabled|Ignore|EnabledIf|EnabledOn|EnabledFor)\w*")
_JAVA_CLASS = re.compile(r"\b(?:class|object|interface|record)\s+(\w+)")


def holds_lexed_tests(path: str) -> bool:
    """Whether a file is one in which tests are looked for."""
    language = language_of(path)
    return language in LANGUAGES and LANGUAGES[language or ""].file.search(f"/{path}") is not None


def lexed_tests(path: str, text: str) -> tuple[KnownTest, ...]:
    """All tests of a file whose language is in the table; none for other files.

    Raises:
        TooIntricate: reading it would take too long.
    """
    language = language_of(path)
    if language not in LANGUAGES or not holds_lexed_tests(path):
        return ()
    reader = _Reader(path, lexed(text, language), LANGUAGES[language])
    found = {
        "javascript": reader.javascript,
        "go": reader.go,
        "rust": reader.rust,
        "java": reader.java,
    }[language]()
    return tuple(found)


class _Reader:
    def __init__(self, path: str, text: LexedText, language: Language) -> None:
        self._path = path
        self._text = text
        self._language = language
        self._left_to_read = _MAX_READ
        self._trivial = [match.span() for match in language.trivial.finditer(text.without_comments)]
        self._helpers = {name: (start, end) for name, start, end in self._functions()}

    def javascript(self) -> Iterator[KnownTest]:
        """Blocks of `it` and `test`, named after the `describe` blocks around them."""
        around: list[tuple[int, str, bool, bool]] = []  # end, name, skipped, exclusive
        for match in _JS_BLOCK.finditer(self._text.code):
            word = match["word"]
            more = re.findall(r"\w+", match["more"])
            opening = self._arguments(match.end("open") - 1, "each" in more)
            if opening is None:
                continue
            end = self._text.closing(opening)
            name = self._first_text(opening)
            if (
                name is None
                or "step" in more
                or {"beforeEach", "afterEach", "beforeAll", "afterAll"} & set(more)
            ):
                continue
            while around and around[-1][0] <= match.start():
                around.pop()
            if len(around) > _MAX_BLOCKS_DEEP:
                raise TooIntricate(self._path)
            skipped = word.startswith("x") or not _JS_SKIPS.isdisjoint(more)
            exclusive = word.startswith("f") or "only" in more
            if word.lstrip("xf") in ("describe", "context", "suite") or "describe" in more:
                around.append((end, name, skipped, exclusive))
                continue
            skips = ["skip"] * (skipped or any(block[2] for block in around))
            yield self._test(
                " › ".join([*(block[1] for block in around), name]),
                match.start(),
                opening + 1,
                end,
                skips,
                exclusive=exclusive or any(block[3] for block in around),
            )

    def go(self) -> Iterator[KnownTest]:
        """Functions `TestX`."""
        first = self._text.text.find("\npackage ")
        head = self._text.text[: first if first >= 0 else None]
        tags = [f"go:build {match[1].strip()}" for match in _GO_BUILD.finditer(head)]
        for match in _GO_TEST.finditer(self._text.code):
            yield from self._function(match["name"], match.start(), match.end(), tags)

    def rust(self) -> Iterator[KnownTest]:
        """Functions with `#[test]` or an attribute like it."""
        for start, end in self._attribute_runs():
            if not _RUST_TEST.search(self._text.code, start, end):
                continue
            named = _RUST_NAME.match(self._text.code, end)
            if named is None:
                continue
            said = self._text.code[start:end]
            skips = [name for name in ("ignore", "cfg") if re.search(rf"#\[\s*{name}\b", said)]
            skips += ["ignore"] * bool(re.search(r"cfg_attr\s*\([^#]*\bignore\b", said))
            expected = ["assert should_panic"] * ("should_panic" in said)
            yield from self._function(named["name"], start, named.end(), skips, expected)

    def java(self) -> Iterator[KnownTest]:
        """Methods with `@Test` or an annotation like it."""
        whole = [
            match.group()
            for match in _JAVA_SKIP.finditer(self._text.code)
            if self._annotates_class(match.end())
        ]
        for start, end in self._annotation_runs():
            if not _JAVA_TEST.search(self._text.code, start, end):
                continue
            earliest = max(0, start - _MAX_NEAR)
            before = max(earliest - 1, *(self._text.code.rfind(mark, earliest, start) for mark in ";{}"))
            named = _JAVA_NAME.match(self._text.code, end)
            if named is None:
                continue
            name = self._text.text[named.start("name") : named.end("name")]
            near = self._text.code[before + 1 : named.start()]
            skips = [*whole, *(found.group() for found in _JAVA_SKIP.finditer(near))]
            expected = ["assert expected"] * bool(re.search(r"\bexpected\s*=", near))
            yield from self._function(name, start, named.end("name"), skips, expected)

    def _function(
        self, name: str, start: int, named: int, skips: list[str], expected: list[str] | None = None
    ) -> Iterator[KnownTest]:
        opening = self._text.code.find("{", named, named + _MAX_NEAR)
        if opening >= 0:
            yield self._test(name, start, opening + 1, self._text.closing(opening), skips, expected or [])

    def _test(
        self,
        name: str,
        start: int,
        begin: int,
        end: int,
        skips: list[str],
        expected: list[str] | None = None,
        *,
        exclusive: bool = False,
    ) -> KnownTest:
        self._read(end - begin)
        body = self._text.without_comments[begin:end]
        if (
            self._text.text[begin : begin + 1] in "'\"`"
        ):  # the name of a JavaScript test is no part of its body
            body = body[body.find(",") + 1 :] if "," in body else ""
        called = [match.group() for match in self._language.skip_call.finditer(self._text.code, begin, end)]
        return KnownTest(
            path=self._path,
            name=name,
            line=self._text.line_at(start),
            body=" ".join(body.split()),
            assertions=(*self._assertions(begin, end), *(expected or [])),
            steps=len(re.findall(r"\w\s*\(|=", self._text.code[begin:end])),
            skips=tuple(sorted({*skips, *called})),
            exclusive=exclusive,
        )

    def _assertions(
        self, begin: int, end: int, deep: int = 0, seen: frozenset[str] = frozenset()
    ) -> Iterator[str]:
        """Assertions of a stretch of code, and of the helpers of this file that it calls."""
        self._read(end - begin)
        code = self._text.code
        for match in self._language.assertion.finditer(code, begin, end):
            inside = any(start <= match.start() < stop for start, stop in self._trivial)
            if not inside and match.group().rstrip("(. \t\n") not in self._helpers:
                limit = min(end, match.start() + _MAX_NEAR)
                stop = _STATEMENT_END.search(code, match.start(), limit)
                yield " ".join(
                    self._text.without_comments[match.start() : stop.start() if stop else limit].split()
                )
        if deep < _MAX_HELPERS_DEEP:
            for match in _HELPER_CALL.finditer(code, begin, end):
                name = match[1]
                if name in self._helpers and name not in seen:
                    first, last = self._helpers[name]
                    if not first <= match.start() < last:
                        yield from self._assertions(first, last, deep + 1, seen | {name})

    def _functions(self) -> Iterator[tuple[str, int, int]]:
        """Functions of the file that may be helpers: name, and where the body begins and ends."""
        for match in self._language.function.finditer(self._text.code):
            name = next(filter(None, match.groups()), "")
            after = self._text.closing(match.end() - 1)
            opening = re.compile(r"[^;{}]{0,200}?\{").match(self._text.code, after)
            if name and opening is not None:
                yield name, opening.end(), self._text.closing(opening.end() - 1)

    def _read(self, characters: int) -> None:
        self._left_to_read -= characters
        if self._left_to_read < 0:
            raise TooIntricate(self._path)

    def _arguments(self, opening: int, is_each: bool) -> int | None:
        """Where the arguments of a JavaScript block open; after the table when it is an `each`."""
        code = self._text.code
        if not is_each:
            return opening if code[opening] == "(" else None
        after = self._text.closing(opening) if code[opening] == "(" else opening
        found = code.find("(", after)
        return found if found >= 0 else None

    def _first_text(self, opening: int) -> str | None:
        """The first argument when it is a text or a name."""
        match = re.compile(
            r"\s*(?:([\"'`])(?P<text>(?:(?!\1)[^\\]|\\.){0,2000})\1|(?P<name>[\w.$]+)\s*,)", re.DOTALL
        ).match(self._text.without_comments, opening + 1)
        return (match["text"] if match["text"] is not None else match["name"]) if match else None

    def _attribute_runs(self) -> Iterator[tuple[int, int]]:
        """Start and end of each run of Rust attributes."""
        code = self._text.code
        end = 0
        for match in re.finditer(r"#\[", code):
            if match.start() < end:
                continue
            end = match.start()
            while found := re.compile(r"\s*#\[").match(code, end):
                end = self._text.closing(found.end() - 1)
            yield match.start(), end

    def _annotation_runs(self) -> Iterator[tuple[int, int]]:
        """Start and end of each run of Java annotations."""
        code = self._text.code
        end = 0
        for match in re.finditer(r"@[\w.]+", code):
            if match.start() < end:
                continue
            end = match.start()
            while found := _JAVA_ANNOTATION.match(code, end):
                end = self._text.closing(found.end() - 1) if found.group().endswith("(") else found.end()
            yield match.start(), end

    def _annotates_class(self, position: int) -> bool:
        """Whether what follows an annotation is a class rather than a member."""
        head = self._text.code[position : position + _MAX_NEAR].split("{")[0]
        return _JAVA_CLASS.search(head) is not None and ";" not in head
