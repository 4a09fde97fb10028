import { createRoot } from "react-dom/client";
import { loadSession } from "./api/session";
import { App } from "./app/app";
import { showTheme } from "./app/theme";
import { loadLanguage } from "./i18n";
import "./styles/index.css";

showTheme();
const root = document.getElementById("root");
if (root) {
  void loadSession();
  loadLanguage().then(
    (language) => createRoot(root).render(<App language={language} />),
    // Neither language came: the page was cut off in the middle of its loading.
    () => root.append("The page could not be loaded. · Không tải được trang."),
  );
}
