import { randomBytes } from 'node:crypto';
import express, { type RequestHandler } from 'express';
import session from 'express-session';

declare module 'express-session' {
  interface SessionData {
    /** Who is logged in. */
    user: string;
  }
}

/** The one user; the page shows both the name and the password. */
const DEMO = { user: 'demo', password: 'imgwire' };

/**
 * The session. SameSite keeps the cookie out of cross-site requests; it has its own name because all ports of a
 * host share their cookies.
 */
export function sessions(): RequestHandler {
  return session({
    name: 'signed-upload',
    secret: process.env['SESSION_SECRET'] ?? randomBytes(32).toString('hex'),
    resave: false,
    saveUninitialized: false,
    cookie: { sameSite: 'lax', httpOnly: true, secure: 'auto' },
  });
}

const check: RequestHandler = (req, res, next) => {
  const { user, password } = Object(req.body) as { user?: unknown; password?: unknown };
  if (user !== DEMO.user || password !== DEMO.password) {
    res.sendStatus(401);
    return;
  }
  // A new id, against session fixation.
  req.session.regenerate((error?: unknown) => {
    if (error) return next(error);
    req.session.user = DEMO.user;
    // Saved before the response, so that the next request finds it.
    req.session.save((failure?: unknown) => (failure ? next(failure) : res.sendStatus(204)));
  });
};

/** Handles the login form: 204, or 401 for a wrong user or password. */
export const login: RequestHandler[] = [express.urlencoded({ extended: false, limit: '1kb' }), check];

/** Ends the session. */
export const logout: RequestHandler = (req, res, next) => {
  req.session.destroy((error?: unknown) => (error ? next(error) : res.sendStatus(204)));
};
