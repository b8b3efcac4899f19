import Link from "next/link";
import type { ReactNode } from "react";

import { Mark } from "./icons";
import { SignOut } from "./SignOut";

interface Props {
  user: { name: string } | null;
  title?: string;
  children?: ReactNode;
}

export function Header({ user, title, children }: Props) {
  return (
    <header className="top">
      <Link href="/" className="brand">
        <Mark />
        <span className={title ? "wide-text" : undefined}>Classroom</span>
      </Link>
      {title && <h1 className="top-title">{title}</h1>}
      {children}
      {user && (
        <div className="who">
          <span className="who-name wide-only">{user.name}</span>
          <SignOut />
        </div>
      )}
    </header>
  );
}
