/* The people of the demo.  What each may do in a room, Redis says. */

export interface User {
  id: string;
  name: string;
  email: string;
}

export const PEOPLE: Readonly<Record<string, User>> = {
  tess: { id: "u-tess", name: "Tess Teacher", email: "tess@example.com" },
  stu: { id: "u-stu", name: "Stu Student", email: "stu@example.com" },
  mia: { id: "u-mia", name: "Mia Miller", email: "mia@example.com" },
  sam: { id: "u-sam", name: "Sam Stranger", email: "sam@example.com" },
};
