/** oVirt's id of the template that is always there. */
export const BLANK_TEMPLATE_ID = "00000000-0000-0000-0000-000000000000";

/** What is seeded: oVirt's Blank, as the columns have it. */
export const BLANK_TEMPLATE = { id: BLANK_TEMPLATE_ID, name: "Blank", description: "Blank template" };
