/** The longest time that a former team's secret may hold beside the present one: 30 days. */
export const longestGraceSeconds = 30 * 24 * 60 * 60;
