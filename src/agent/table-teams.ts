import type { TableTeam } from '../discovery/table.js';
import type { Team } from '../trust/team.js';
import type { TeamStore } from '../trust/team-store.js';

/** The teams whose adverts count: the device's, and a former one that still has its grace. */
export function tableTeams({ team, former }: TeamStore): { team?: TableTeam; former?: TableTeam } {
  const asTable = ({ tag, filterKey }: Team): TableTeam => ({ tag, key: filterKey });
  return { ...(team && { team: asTable(team) }), ...(former && { former: asTable(former) }) };
}
