export { type DmthinServer, openServer, type ServerOptions } from './open-server.ts';
