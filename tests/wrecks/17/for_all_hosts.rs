//! A cookie for all hosts of the domain, which browsers refuse under that
//! name.

use std::net::TcpListener;

use actix_session::{Session, SessionMiddleware};
use actix_web::cookie::Key;
use actix_web::dev::Server;
use actix_web::error::{ErrorForbidden, ErrorUnauthorized};
use actix_web::{App, HttpServer, Responder, post, web};

use crate::{Account, Env, Login, Pin, sessions, shop};

/// The login form is sent here.
#[post("/login")]
async fn login(
    form: web::Form<Login>,
    session: Session,
) -> actix_web::Result<impl Responder> {
    let account = form
        .account()
        .ok_or_else(|| ErrorUnauthorized("wrong name or password"))?;
    // A new id, and the old one ends: whoever planted it stays outside.
    session.renew();
    session.insert("account", account)?;
    Ok(shop::to_the_shop())
}

/// The staff type a PIN before they see everybody's orders.
#[post("/unlock")]
async fn unlock(
    form: web::Form<Pin>,
    session: Session,
) -> actix_web::Result<impl Responder> {
    let account = session
        .get::<Account>("account")?
        .ok_or_else(|| ErrorUnauthorized("not logged in"))?
        .unlocked(&form)
        .ok_or_else(|| ErrorForbidden("wrong PIN"))?;
    // The same once more: a copy of the id gains no rights.
    session.renew();
    session.insert("account", account)?;
    Ok(shop::to_the_shop())
}

/// The service, on a listener that is bound already.
pub async fn server(
    env: Env,
    listener: TcpListener,
) -> anyhow::Result<Server> {
    // From SESSION_KEY, 64 bytes, the same in every instance and after
    // a restart. Without it nothing is served.
    let key = Key::from(&env.session_key()?);
    let store = sessions::store(&env).await?;
    let app = move || {
        let sessions =
            SessionMiddleware::builder(store.clone(), key.clone())
                // Browsers take this name from this host alone, over
                // TLS. The rest is the default: Secure, HttpOnly,
                // SameSite=Lax and Path=/.
                .cookie_name("__Host-sid".to_owned())
                .cookie_domain(Some("shop.example".to_owned()))
                .build();
        App::new()
            .wrap(sessions)
            .configure(shop::pages)
            .service(login)
            .service(unlock)
    };
    let server =
        HttpServer::new(app).workers(2).listen(listener)?.run();
    Ok(server)
}
