import { Link } from "@tanstack/react-router";
import { useWords } from "~/i18n";
import { Button } from "~/ui/button";
import { Empty } from "~/ui/states";

/** A view has a mistake of ours. */
export function CrashView({ error }: { error: unknown }) {
  const { errors } = useWords();
  return (
    <div role="alert">
      <Empty alone title={errors.crashed}>
        <p>{errors.crashedHelp}</p>
        <pre className="mt-3 overflow-x-auto rounded-md bg-sunken p-2 text-left font-mono text-xs">
          {error instanceof Error ? error.message : String(error)}
        </pre>
        <Button className="mt-3" onClick={() => location.reload()}>
          {errors.reload}
        </Button>
      </Empty>
    </div>
  );
}

export function NoPage() {
  const { errors, frame } = useWords();
  return (
    <Empty alone title={errors.noPage}>
      <p>{errors.noPageHelp}</p>
      <p className="mt-3">
        <Link to="/orders" className="text-accent underline underline-offset-2">
          {frame.orders}
        </Link>
      </p>
    </Empty>
  );
}
