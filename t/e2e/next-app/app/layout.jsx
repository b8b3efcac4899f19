export const metadata = { title: "A class" };

export default function Layout({ children }) {
  return <html lang="en"><body>{children}</body></html>;
}
