const emptyForms = ({ React }) => ({
	wrapComponents: {
		JsonSchemaForm: (Original) => (props) => {
			const startsEmpty = props.dispatchInitialValue === true && !props.required;
			return React.createElement(Original, startsEmpty ? { ...props, dispatchInitialValue: false } : props);
		},
		ParameterIncludeEmpty: (Original) => (props) => React.createElement(Original, { ...props, isIncludedOptions: {} }),
	},
});

SwaggerUIBundle({
	url: "/openapi.json",
	dom_id: "#swagger-ui",
	deepLinking: true,
	tryItOutEnabled: true,
	validatorUrl: null,
	presets: [SwaggerUIBundle.presets.apis],
	plugins: [emptyForms],
});
