//! Texts that have broken programs.

/// For any field.
pub(super) fn hostile() -> Vec<String> {
    let mut texts: Vec<String> = [
        // SQL
        "' OR '1'='1",
        "'; DROP TABLE orders; --",
        "\"; SELECT pg_sleep(20); --",
        "\\'; --",
        "$1",
        "%' OR 'a' LIKE '%",
        "NULL",
        "\u{2bc} OR 1=1 --",
        // other languages
        "%s%n%x",
        "{{7*7}}",
        "${jndi:ldap://localhost/x}",
        "<script>alert(1)</script>",
        "../../../../etc/passwd",
        "a\r\nset-cookie: b=c",
        "\u{1b}[31mred",
        "=cmd|'/c calc'!A1",
        // control characters, of which Postgres takes all but the first
        "\0",
        "a\0b",
        "\u{1}",
        "\u{7f}",
        "\u{85}",
        // Unicode
        "\u{202e}gnp.exe",
        "a\u{200b}b\u{200d}c",
        "\u{feff}PROD-001",
        "\u{420}ROD-001",
        "\u{ff30}ROD-001",
        "e\u{301}",
        "\u{e9}",
        "\u{1f600}\u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467}",
        "\u{fffe}",
        "\u{ffff}",
        "\u{10ffff}",
        "\u{2028}",
        "\u{fdfa}",
        // what looks like another type
        "",
        " ",
        "-1",
        "1e309",
        "true",
        "ord_00000000000000000000000000000000",
        "pay_ffffffffffffffffffffffffffffffff",
    ]
    .map(str::to_owned)
    .into();
    texts.push(format!("a{}", "\u{301}".repeat(2_000)));
    texts.push("x".repeat(20_000));
    texts.push("\u{1f600}".repeat(64));
    texts
}

/// In JSON, as it stands between the quotes: what no text of ours can hold.
pub(super) const IN_JSON: [&str; 6] =
    ["\\ud800", "\\udc00\\ud800", "a\\ud83dx", "\\u0000", "\\u0027 OR 1=1", "\\uDBFF\\uDFFF"];

/// In a path or a query, as it stands there.
pub(super) const IN_A_PATH: [&str; 12] = [
    "%00",
    "a%00b",
    "%c0%ae%c0%ae",
    "%ed%a0%80",
    "%ff",
    "%",
    "%zz",
    "%2e%2e",
    "%2e%2e%2f%2e%2e%2fetc%2fpasswd",
    "%f0%9f%98%80",
    "%u0000",
    "%27%20OR%201%3D1",
];
