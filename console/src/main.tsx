import { createRoot } from "react-dom/client";
import { loadSession } from "./api/session";
import { transport } from "./api/transport";
import { App } from "./app/app";
import { createConsoleRouter } from "./app/router";
import { showTheme } from "./app/theme";
import { loadLanguage } from "./i18n";
import "./styles/index.css";

showTheme();
const root = document.getElementById("root");
if (root) {
  void loadSession();
  const router = createConsoleRouter();
  loadLanguage().then(
    (language) => createRoot(root).render(<App language={language} transport={transport} router={router} />),
    // Neither language came: the page was cut off in the middle of its loading.
    () => root.append("The page could not be loaded. · Không tải được trang."),
  );
}
