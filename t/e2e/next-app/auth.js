import Credentials from "next-auth/providers/credentials";

const PEOPLE = {
  ann: { id: "u-ann", name: "Ann Lee", email: "ann@example.com" },
  bob: { id: "u-bob", name: "Bob Ray", email: "bob@example.com" },
};

export const options = {
  providers: [
    Credentials({
      credentials: {
        user: { label: "User", type: "text" },
        password: { label: "Password", type: "password" },
      },
      authorize: ({ user, password }) =>
        (password === process.env.PASSWORD && PEOPLE[user]) || null,
    }),
  ],
  callbacks: {
    /* a session that is larger than one cookie */
    jwt: ({ token, user }) => (user?.id === "u-bob" ? { ...token, large: "x".repeat(9000) } : token),
    session: ({ session, token }) => ({ ...session, user: { ...session.user, id: token.sub } }),
  },
};
