//! What the service promises.

use labkit::Claim;

pub const WORKS: Claim = Claim {
    promise: "the page's own script, style and form work",
    matters: "The page is safe because it does nothing any more.",
};
pub const SMUGGLED: Claim = Claim {
    promise: "a script smuggled into the page does not run",
    matters: "One hole in one template, and somebody reads along what \
              the customers type.",
};
pub const PROTECTED: Claim = Claim {
    promise: "every answer by HTTPS protects its user",
    matters: "The headers are missing where nobody looked: an error \
              page can be framed, sniffed and scripted like any other.",
};
pub const HTTPS_ONLY: Claim = Claim {
    promise: "nothing is served by HTTP, whatever is claimed",
    matters: "Everybody on the way reads the password and the orders.",
};
pub const MOVED: Claim = Claim {
    promise: "whoever comes by HTTP gets to the same by HTTPS",
    matters: "Old links and forms end at the wrong page, or at \
              somebody else's.",
};
pub const PROXIED: Claim = Claim {
    promise: "what the proxy brings by HTTPS is served",
    matters: "Behind the proxy nobody gets anything but redirects.",
};
pub const STAY: Claim = Claim {
    promise: "HTTPS answers, and no others, say to stay with HTTPS",
    matters: "The next visit begins by HTTP again, where somebody on \
              the way can answer in the shop's name.",
};
pub const LINK: Claim = Claim {
    promise: "a mailed link leads to the shop, whoever asked",
    matters: "The customer clicks, and the token is somebody else's.",
};
pub const ADDRESS: Claim = Claim {
    promise: "the mail names the address that really asked",
    matters: "Whoever writes a header is somebody else, for logs, \
              limits and the customer.",
};

/// All of them, in order.
pub const CLAIMS: &[Claim] = &[
    PROTECTED, SMUGGLED, WORKS, HTTPS_ONLY, MOVED, PROXIED, STAY, LINK,
    ADDRESS,
];
