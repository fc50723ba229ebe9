#!/usr/bin/env node
/** The operator's command line: `npm run tokens -- migrate|status|watch|stop|failures|doctor`. It speaks HTTP only. */
import { Command } from "commander";

export const program = new Command("tokens").description("Move a shop's offline tokens from permanent to expiring ones.");

if (import.meta.main) await program.parseAsync();
