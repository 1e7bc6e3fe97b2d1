/** The form in which usernames and e-mail addresses are compared. */
export const fold = (name: string) => name.normalize("NFKC").toLowerCase();
