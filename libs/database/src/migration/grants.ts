/**
 * What the role of the service may do, as SQL for the migration that makes the table, function (`function name(types)`) or schema
 * (`schema name`). What no migration grants, the service may not do: there are no default privileges.
 *
 *     grantsToService({ accesses: 'select, insert', tombstones: 'select, insert, update (acknowledged_at)' })
 */
export const grantsToService = (grants: Readonly<Record<string, string>>): string =>
  `do $grants$
declare v_role text := quote_ident(current_setting('${APP_ROLE}'));
begin
${Object.entries(grants)
  .map(([object, rights]) => `  execute 'grant ${rights} on ${object} to ' || v_role;`)
  .join('\n')}
end $grants$`;

/** The session of migrations holds the name of the role in this setting. */
export const APP_ROLE = 'crossroads.app_role';
