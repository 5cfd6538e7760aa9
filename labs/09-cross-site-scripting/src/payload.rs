//! What visitors type: some of them mean harm.

/// A name for the transcript, and what is typed.
pub type Payload = (&'static str, &'static str);

/// Into fields for plain text.
pub const PLAIN: [Payload; 11] = [
    ("script", "<script>alert(1)</script>"),
    ("handler", "<img src=x onerror=alert(1)>"),
    ("double quote", "\" onmouseover=\"alert(1)"),
    ("single quote", "' onmouseover='alert(1)"),
    ("space", "x onmouseover=alert(1)"),
    ("end of data", "</script><script>alert(1)</script>"),
    // After it, the next `</script>` ends nothing.
    ("comment", "<!--<script>"),
    ("nested", "<scr<script>ipt>alert(1)</scr</script>ipt>"),
    ("capitals", "<ScRiPt >alert(1)</sCrIpT >"),
    ("harmless", "a < b && c > \"d\" 'e' é 😀 \\ {{ 7 * 7 }}"),
    ("entities", "&lt;b&gt; &amp;amp; &#39; &copy"),
];

/// Into the field for an address.
pub const SCRIPT_ADDRESSES: [Payload; 9] = [
    ("script", "javascript:alert(1)"),
    ("capitals", "JaVaScRiPt:alert(1)"),
    ("spaces", " \tjavascript:alert(1)"),
    ("a tab inside", "java\tscript:alert(1)"),
    ("a line inside", "java\nscript:alert(1)"),
    ("a control sign", "\u{1}javascript:alert(1)"),
    ("nested", "javajavascript:script:alert(1)"),
    ("page", "data:text/html,<script>alert(1)</script>"),
    ("program", "ms-msdt:/id"),
];

/// The same, by honest people.
pub const ADDRESSES: [Payload; 3] = [
    ("web", "https://shop.example/?a=1&copy=%22x%22&b='y'"),
    ("plain", "http://shop.example/ü"),
    ("path", "/tickets/1?x=<y>&z=\"w\""),
];

/// What the editor makes of an honest ticket.
pub const RICH: &str = "<p>The <b>second</b> button, <i>not</i> the \
    first: <a href=\"https://shop.example/help\">here</a>.</p>\
    <ul><li>one &amp; two</li><li>3 &lt; 4</li></ul>";

/// What it shows.
pub const RICH_TEXT: &str =
    "The second button, not the first: here.one & two3 < 4";

/// Sent without the editor.
pub const RICH_SCRIPTS: [Payload; 8] = [
    ("script", "<p>x</p><script>alert(1)</script>"),
    ("handler", "<img src=x onerror=alert(1)>"),
    ("link", "<a href=\"javascript:alert(1)\">x</a>"),
    ("hidden link", "<a href=\" java&#9;script:alert(1)\">x</a>"),
    ("drawing", "<svg onload=alert(1)><path></svg>"),
    (
        "formula",
        "<math><mtext><table><mglyph><style><!--</style>\
         <img title=\"--&gt;&lt;img src=1 onerror=alert(1)&gt;\">",
    ),
    (
        "frame",
        "<iframe srcdoc=\"<script>alert(1)</script>\"></iframe>",
    ),
    (
        "form",
        "<form><button formaction=javascript:alert(1)>x</button></form>",
    ),
];
