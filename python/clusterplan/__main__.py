"""`python -m clusterplan` is the same as `clusterplan`."""

if __name__ == "__main__":
    try:
        from clusterplan.cli import main

        code = main()
    except KeyboardInterrupt:  # between the two lines above
        code = 130
    raise SystemExit(code)
