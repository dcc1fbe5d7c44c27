//! Expressions and texts that are known to be awkward.

/// Texts for every expression; the last ones are not UTF-8.
pub(super) fn texts() -> Vec<Vec<u8>> {
    TEXTS.iter().map(|text| text.as_bytes().to_vec()).chain(BYTES.map(<[u8]>::to_vec)).collect()
}

#[rustfmt::skip]
const TEXTS: &[&str] = &[
    "", "a", "b", "A", "ab", "aa", "aab", "abc", "a b", "a_b", "0", "1000", "٣", "é", "É", "aéb", "ß", "ẞ",
    "ss", "k", "K", "\u{212a}", "s", "\u{17f}", "µ", "μ", "İ", "ı", "σς", "ǅ", "\n", "a\n", "a\nb", "\r\n", "\t", "\u{b}",
    "\u{85}", "\u{a0}", "\u{2028}", "\u{feff}", "日本", "😀", "\u{10ffff}", "\0", "-", "&", "~", "[", "]", "{", "}", "<", ">",
    "\\", "a{,3}", "a{2}", "/a-book/new", "u00e9", "Q", "07", "n", " ",
];

const BYTES: [&[u8]; 8] = [
    b"\xff",
    b"a\xff",
    b"\xffa",
    b"\xc3",
    b"\xed\xa0\x80",
    b"\xc0\xaf",
    b"\xf4\x90\x80\x80",
    b"a\n\x80",
];

/// Classes whose every character is compared.
#[rustfmt::skip]
pub(super) const CLASSES: &[&str] = &[
    ".", "(?s).", r"\d", r"\w", r"\s", r"\D", r"\W", r"\S", r"(?i)\w", r"(?i)\W", r"(?i)[^k]", "(?i)[a-z]", "(?i)k",
    "(?i)ß", "(?i)[à-ÿ]", "(?i)[Α-Ω]", "[[:alpha:]]", "[[:word:]]", "[[:space:]]", "[[:punct:]]", "[[:graph:]]",
    "[[:print:]]", "[[:cntrl:]]", "[[:^ascii:]]", "(?i)[[:upper:]]", "(?i)[[:^lower:]]",
    r"\pL", r"\PL", r"\pM", r"\pN", r"\pP", r"\pS", r"\pZ", r"\p{Ll}", r"\p{Lm}", r"\p{Lo}", r"\p{Lt}", r"\p{Lu}", r"\p{Mc}", r"\p{Me}", r"\p{Mn}",
    r"\p{Nd}", r"\p{Nl}", r"\p{No}", r"\p{Pc}", r"\p{Pd}", r"\p{Pe}", r"\p{Pf}", r"\p{Pi}", r"\p{Po}", r"\p{Ps}", r"\p{Sc}", r"\p{Sk}", r"\p{Sm}",
    r"\p{So}", r"\p{Zl}", r"\p{Zp}", r"\p{Zs}", r"\p{Cc}", r"\p{Cf}", r"\p{Co}", r"(?i)\p{Lu}", r"(?i)\P{Lu}", r"(?i)[^\p{Ll}]",
];

/// What has no category in RE2's version of Unicode, which may be older than ours.
pub(super) const UNASSIGNED: &str = r"[^\pL\pM\pN\pP\pS\pZ\pC]";

/// `ƛ` and `ɤ`, which got their upper cases with Unicode 16.
pub(super) const NEW_CASES: [&[u8]; 2] = ["ƛ".as_bytes(), "ɤ".as_bytes()];

#[rustfmt::skip]
pub(super) const EXPRESSIONS: &[&str] = &[
    // What people write.
    "", "/books-bought", ".*a-book.*new", "/api/v[0-9]+(/.*)?", r"^(.*?;)?(type=insider)(;.*)?$", "*", "**", "/api/**",
    "a**", "a*+", "a++", "a?*", "a{2}{3}", "(a*)*", "(a+)+", "(a|b)*", "a|", "|a", "a||b", "|", "()", "(|a)", "()*", "(?:)*",
    // Anchors and their repetition.
    "^", "$", "^$", "$^", "^a$", "a$b", "a^b", "^*", "$*", "^+", r"\b+", r"\b*", "(^)*", "(^a)*", "($)+", r"\A", r"\z", r"\Z", r"\Aa\z",
    "(?m)^", "(?m)$", "(?m)^$", "(?m)^b", "(?m)a$", r"(?m)\Ab", r"(?m)a\z", "(?m:^)b", r"\Bb", r"\B", r"a\B", r"\ba\b", r"\b", r"\Bé\B", r"a\bé",
    r"(?i)\bk\b", r"(?i)k\b", r"a\B\n", r".\B.",
    // Repetitions.
    "a{0}", "a{0,0}", "a{,3}", "a{", "a{1", "a{1,", "{", "}", "{1}", "a{2,1}", "a{1000}", "a{1001}", "a{0,1001}", "(a{100}){10}", "(a{100}){11}",
    "((a{10}){10}){10}", "((a{10}){10}){11}", "(a{1000})*", "(a*){1000}", "(a{0}){1001}", "a{ 1}", "a{1 }", "a{1, 2}", "a{01}", "a{+1}", "(a{2,}){600}",
    // Classes.
    "[a&&b]", "[a--b]", "[a~~b]", "[[a-z]]", "[a[b]", "[a[b]]", "[]", "[^]", "[]]", "[^]]", "[]a]", "[a-]", "[-a]", "[a-c-e]", "[a-a]", "[b-a]",
    r"[\d-z]", r"[a-\d]", r"[\w-]", "[[:alpha:]-z]", "[a-[:alpha:]]", "[[:foo:]]", "[:alpha:]", "[[:alpha]]", "[[:alpha:]", "[^[:^alpha:]]",
    r"[\b]", r"[\B]", r"[\A]", r"[\-]", r"[\]]", r"[\^a]", r"[^^]", "[&]", "[a&]", "[&&]", "[~~]", "[--]", "[a-&&]", "[ -~]", r"[^\x00-\x{10FFFF}]",
    r"[\pL-z]", r"[^\D\W]", r"[\s\S]", r"[^\s\S]", "[.]", "[*+?]", "[(|)]", "[$^]", "[#]", "[a b]", "[é]", "[^é]",
    // Escapes.
    r"\<", r"\>", r"\_", r"\-", r"\/", r"\ ", r"\é", r"\e", r"\a", r"\f", r"\v", r"\0", r"\07", r"\1", r"\8", r"\x4", r"\x41", r"\x{41}", r"\x{110000}",
    r"\x{D800}", r"\x{}", r"\x{0000041}", r"\X41", r"\u0041", r"\u{41}", r"\U00000041", r"\Q*\E", r"\C", r"\R", r"\h", r"\K", r"\G", r"\%", r"\#", r"\&", r"\~", r"\`", r"\'", r#"\""#,
    r"\@", r"\!", r"\=", r"\:", r"\;", r"\,", r"\{", r"\}", "\\\n", r"\",
    r"\b{start}", r"\b{end}", r"\b{start-half}", r"\b{1}", r"\B{2}",
    // Properties.
    r"\pL", r"\PL", r"\p{L}", r"\p{^L}", r"\P{^L}", r"\p{Lu}", r"\p{lu}", r"\p{LU}", r"\pC", r"\p{C}", r"\p{Cn}", r"\p{Cs}", r"\p{LC}", r"\p{Any}", r"\p{any}", r"\p{ASCII}",
    r"\p{Greek}", r"\p{greek}", r"\p{Latin}", r"\p{Script=Greek}", r"\p{sc=Greek}", r"\p{Letter}", r"\p{Alphabetic}", r"\p{Uppercase_Letter}", r"\p{gc=Lu}", r"\p{gc!=Lu}", r"\pl", r"\p", r"\p{",
    r"(?i)\p{Lu}", r"(?i)\P{Lu}", r"(?i)[^\p{Lu}]", r"(?i)\pL",
    // Groups and flags.
    "(", ")", "a)(b", "(a", "a)", "(?", "(?)", "(?:", "(?i", "(?i)", "(?i)k", "(?i)K", "(?i)s", "(?i)ß", "(?i)µ", "(?i)σ", "(?i)İ", "(?i)ı", "(?i)i", "(?i)ǆ", "(?i)[k]", "(?i)[^k]", "(?i)é", "(?i:a)b",
    "(?s).", "(?s-s).", "(?-s).", "(?x)a b", "(?u)a", "(?-u)a", "(?R)a", "(?U)a+", "(?ii)a", "(?i-i)a", "(?-)a", "(?--i)a", "(?i-)a", "(?imsU)a", "(?a)", "(?^i)a", "a(?i)b|c", "(a(?i)b)c", "(?i)a(?-i)b",
    "(?P<n>a)", "(?<n>a)", "(?P<n>a)(?P<n>b)", "(?<n>a)(?P<n>b)", "(?P<a.b>a)", "(?P<a[0]>a)", "(?P<é>a)", "(?P<1>a)", "(?P<>a)", "(?P<n a>a)", "(?P<_>a)", "(?P=n)", "(?P'n'a)", "(?'n'a)", "(?=a)", "(?!a)", "(?<=a)", "(?<!a)",
    "(?#comment)a", "(?>a)", "(?|a)", "(?&n)",
];
