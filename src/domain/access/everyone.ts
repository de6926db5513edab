/** oVirt's id of the group that all users are in. */
export const EVERYONE_ID = "eee00000-0000-0000-0000-123456789eee";
/** What is seeded. */
export const EVERYONE = { id: EVERYONE_ID, name: "Everyone", description: "All users" };
