import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { Session } from "tokenkeep";
import { App } from "./App.jsx";

// One for the page, outside of all components.
const session = new Session({ baseUrl: "/" });

createRoot(document.getElementById("root")).render(
  <StrictMode>
    <App session={session} />
  </StrictMode>,
);
