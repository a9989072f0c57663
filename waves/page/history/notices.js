/* Notices: the title of the page, and notifications of the system for who switched them on. */

const KEY = "waves.notify";

export class Notices {
  constructor(connection, problems, say) {
    this._say = say;
    this._box = document.getElementById("notify");
    this._problem = "";
    this._sounds = "";
    this._connection = connection;
    this._box.checked = localStorage.getItem(KEY) === "on" && allowed() === "granted";
    this._box.disabled = !("Notification" in window);
    this._box.addEventListener("change", () => this._switched());
    problems.onNews((text) => this._news(text));
    connection.on("status", ({ sounds }) => this._title((this._sounds = sounds.join(", "))));
    connection.on("there", () => this._title());
  }

  async _switched() {
    if (this._box.checked && (await Notification.requestPermission()) !== "granted") {
      this._box.checked = false;
      this._say("The browser does not allow notifications of this page.");
    }
    localStorage.setItem(KEY, this._box.checked ? "on" : "off");
  }

  _news(text) {
    this._problem = text;
    this._title();
    if (text && this._box.checked && !document.hasFocus()) new Notification("waves: a problem", { body: text, tag: "waves" });
  }

  _title() {
    const lost = this._connection.isThere ? "" : "not connected – ";
    const title = this._problem ? `⚠ ${this._problem}` : this._sounds;
    const text = [lost + (title || "waves"), title && "waves"].filter(Boolean).join(" – ");
    if (document.title !== text) document.title = text;
  }
}

const allowed = () => ("Notification" in window ? Notification.permission : "denied");
