import { render } from "preact";
import { App } from "./app.tsx";
import { startStore } from "./store.ts";
import "./styles/index.css";

startStore();

const root = document.getElementById("app");
if (root) render(<App />, root);
