/** The form in which names and addresses are compared. */
export const fold = (name: string) => name.normalize("NFKC").toLowerCase();
