# Targets for people: everything but the building itself.

units: $(TESTS)
	@for t in $(TESTS); do $$t || exit 1; done

clean:
	rm -rf build

.PHONY: units clean
