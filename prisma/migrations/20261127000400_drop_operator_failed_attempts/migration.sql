-- Wrong operator secrets are counted in each process's memory now. The release before this one may still run beside it: when its
-- counter's table is gone, its limiter goes on in memory by itself (it is built with an insurance limiter), so it does not break.
DROP TABLE IF EXISTS "operator_failed_attempts";
