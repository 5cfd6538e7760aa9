//! The frame around every page of the desk.

/// An HTML page with that body, which has to be HTML already.
#[must_use]
pub fn page(body: &str) -> String {
    format!(
        "<!doctype html>\n\
         <html lang=\"en\">\n\
         <meta charset=\"utf-8\">\n\
         <title>Tickets</title>\n\
         <h1>Tickets</h1>\n\
         {body}\n\
         </html>\n"
    )
}
