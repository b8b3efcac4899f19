import Link from "next/link";

import { Header } from "@/components/Header";

export default function NotFound() {
  return (
    <>
      <Header user={null} />
      <main id="main" className="page welcome">
        <h1>There is no such page</h1>
        <p className="lede">A room’s name has letters, digits, hyphens and underscores.</p>
        <p><Link className="button primary" href="/">Choose a room</Link></p>
      </main>
    </>
  );
}
