import type { HttpBindings } from '@hono/node-server';
import type { Context, Hono } from 'hono';
import type { HostRole } from './host-role.js';

/** What our middleware leaves for the routes. */
export interface HttpEnv {
  Bindings: HttpBindings;
  Variables: { readonly role: HostRole; readonly address: string };
}

export type HttpApp = Hono<HttpEnv>;
export type HttpContext = Context<HttpEnv>;
